"""Measures how calls over loudspeakers go: does the assistant hear itself, and does it hear the user?"""
