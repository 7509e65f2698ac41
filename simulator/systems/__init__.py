"""The province's other e-government systems, as the measures that they report. Shapes and series are pure."""
