"""Independent references: Hugging Face's modules, logits processors and tokenizer, called on plain inputs."""
