from hypothesis import settings

# The first example of a test compiles the kernels it calls.
settings.register_profile("compiling", deadline=None)
settings.load_profile("compiling")
