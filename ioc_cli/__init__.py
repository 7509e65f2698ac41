"""The umbrella command `ioc`: finds each package's sub-commands, and supervises the centre on one machine."""
