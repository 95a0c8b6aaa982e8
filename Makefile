TARGETS := build demo test soak bench fuzz check format install setup clean help
.PHONY: $(TARGETS)
$(TARGETS): ; @./do $@ $(ARGS)
