"""Do the pixels agree under the proposed geometry, and where?"""
