"""The commands of the program: a file here is the command of its name, a folder a group of them."""
