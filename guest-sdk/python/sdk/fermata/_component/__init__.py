"""What a component exports and imports. Only a component can import these modules."""
