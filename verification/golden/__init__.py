"""Holds the network to vectors that the official code made, array by array.

Reading order: report → vectors (an .npz) → checkpoints → pictures, eye, cases, language, decoding,
sampled, rotary, quantised, processors (what each kind of array is) → text, shapes (the .json
files) → verify. Every number comes from the folder; nothing here knows a depth or a width.
"""
