"""What a host may lack to run the stack, brought to it, and the verbs that start the stack and look at it.

Standard library only: this runs before anything is installed.
"""
