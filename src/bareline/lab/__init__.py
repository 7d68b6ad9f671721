"""What is built on both client and server: the demo, benchmarks and scenarios."""
