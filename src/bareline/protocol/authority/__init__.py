"""Of what parts is the server's authority made? Each keeps one matter; ``ServerEndpoint`` puts them together."""
