"""The pages of the screens, one file each."""
