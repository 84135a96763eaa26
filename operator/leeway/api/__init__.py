"""What users write and read: one file per kind."""
