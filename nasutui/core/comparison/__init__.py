"""Which LoRA at which weight is the good one."""
