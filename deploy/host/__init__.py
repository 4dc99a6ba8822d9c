"""What a host may lack to run the stack, brought to it, and the verbs that start it, look at it and keep its data.

Standard library only: this runs before anything is installed.
"""
