"""What generators make: how a training shows it (samplers), and how it is made afterwards."""
