"""What happened in a call: records, the recorder, and what is computed from them."""
