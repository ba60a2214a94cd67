"""The tools of the workshop: a plate to cut, tones to print with, and the things a burnt city is made of."""
