"""WebRTC: a direct media connection, controlled down to SDP, ICE and each packet (D3)."""
