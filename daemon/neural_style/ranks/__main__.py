"""``torchrun --nproc-per-node N -m neural_style.ranks``: each process runs this."""

from neural_style.ranks.command import main
from neural_style.worker.allocator import keep_freed_memory

if __name__ == "__main__":
    keep_freed_memory()
    main()
