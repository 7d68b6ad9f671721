"""Direct or a framework: which way to a voice agent fits this project, and why?"""
