"""Sans-IO audio: what a sample means, how formats become the one inner format, and how loud it is."""
