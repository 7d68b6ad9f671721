"""The scene programs of the peers, a folder each; they run in the environments of the peers."""
