"""SDP as far as realtime calls use it: text to values and back."""
