"""How a panel looks locally: keypoints with descriptors, in all the forms a copy can take."""
