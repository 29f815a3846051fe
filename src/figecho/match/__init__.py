"""Is there one geometry that explains both panels?"""
