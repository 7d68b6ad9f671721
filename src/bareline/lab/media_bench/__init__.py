"""What does audio over WebRTC cost, in delay, repair and processor time, beside other Python stacks?"""
