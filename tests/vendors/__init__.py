"""What is handed to vendors, against what the vendors have published: schemas, models of APIs, documented limits."""
