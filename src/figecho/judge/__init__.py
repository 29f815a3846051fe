"""Could it be chance, and what is it?"""
