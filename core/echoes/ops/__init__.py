"""The actions of operators, while people play: one function each, for the API (`echoes.web.ops`) and the command line (`echoes.cli.ops`)."""
