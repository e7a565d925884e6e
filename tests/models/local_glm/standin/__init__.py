"""Code of our own with the interface of VisualGLM's official files, around our own network.

The tests put these files into a checkpoint's folder, where transformers loads them as it loads the
official ones. What they compute is ours, so they prove nothing about the official code.
"""
