"""Independent references: Hugging Face's modules, processors and tokenizer, called on plain inputs."""
