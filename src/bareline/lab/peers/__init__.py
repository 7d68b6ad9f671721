"""The same scenes through Bareline and its peers, each unmodified in an environment of its own, on this machine."""
