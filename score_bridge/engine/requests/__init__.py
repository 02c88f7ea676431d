"""What hosts ask of a stream: teaching, calibrating, saving."""
