"""One picture over several processes: on the cards of one host, or on several hosts.

``torchrun`` starts a process, a *rank*, for each band of the picture. Rank 0 alone speaks. This
room is the only one that imports ``torch.distributed``.
"""
