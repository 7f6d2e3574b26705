# For the Makefile of a project that builds on the copy: `include intercom-etl.mk`, then `report: intercom-sync`.
INTERCOM_ETL ?= intercom-etl
INTERCOM_ARGS ?=
# exit codes after which make goes on: 3 is a copy that lacks what went to quarantine, or a stream that failed
INTERCOM_TOLERATED ?=

# what `make` alone makes is left to the Makefile
intercom_goal := $(.DEFAULT_GOAL)
.PHONY: intercom-sync intercom-verify
intercom-sync:
	@$(call intercom_run,sync --quiet $(INTERCOM_ARGS))

intercom-verify:
	@$(call intercom_run,verify --quiet --exit-code $(INTERCOM_ARGS))

# what was not finished (75) is begun again once
define intercom_run
code=0; $(INTERCOM_ETL) $(1) || code=$$?; \
if [ $$code -eq 75 ]; then code=0; $(INTERCOM_ETL) $(1) || code=$$?; fi; \
case " 0 $(INTERCOM_TOLERATED) " in *" $$code "*) ;; *) exit $$code ;; esac
endef

.DEFAULT_GOAL := $(intercom_goal)
