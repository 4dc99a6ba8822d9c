# The table of contents: every verb of this project. What needs more than a line is in deploy/host, .ci/run or tests.

PYTHON ?= python3
HOST = PYTHONPATH=deploy $(PYTHON) -m host
VENV = .venv/complete
BIN = .venv/bin
PROOF = PYTHONPATH=deploy:tests $(PYTHON) -m proof
PIECES = api deploy/healthchecker deploy/replica tests tests/bench
PROFILES = --profile metrics --profile backup --profile replica

# The words that were given on the command line or by the environment, as the verbs of the host take them.
given = $(foreach name,$(1),$(if $($(name)),'$(name)=$(subst ','\'',$($(name)))'))

.DEFAULT_GOAL = help
.NOTPARALLEL:
.PHONY: help up down status logs doctor backup verify restore upgrade rollback destroy-data drill check test lint unit app process stack bench soak mutants format migration lock python compose

help: ## Show this help
	@[ -t 1 ] && bold='\033[1m' plain='\033[0m'; \
	awk -v bold="$$bold" -v plain="$$plain" 'BEGIN { FS = ":.*## " } \
	  /^##@ / { printf "\n%s%s%s\n", bold, substr($$0, 5), plain } \
	  /^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

##@ The stack

up: python ## Start it: bring what is lacking, build, wait until healthy
	@$(HOST) up

down: compose ## Stop it; the data stays
	@docker compose $(PROFILES) down || docker compose --env-file /dev/null --project-name "$${COMPOSE_PROJECT_NAME:-fastapi-sqlite}" down

status: python compose ## Tell how it is, and the healthchecker's verdict
	@$(HOST) status

logs: compose ## Follow its logs
	@docker compose logs --follow --tail 100

doctor: python ## Tell what this host has and lacks, and the remedies
	@$(HOST) doctor

##@ The data

backup: python ## Back up, verified, while it runs (KEEP=14 KEEP_DAYS=30)
	@$(HOST) backup $(call given,KEEP KEEP_DAYS)

verify: python ## Check the live database in whole, or a backup (FROM=latest)
	@$(HOST) verify $(call given,FROM)

restore: python ## Restore (FROM=latest, a name, a file, replica; AT= STOP=1)
	@$(HOST) restore $(call given,FROM AT STOP)

upgrade: python ## Back up, renew the images; back again if that fails
	@$(HOST) upgrade

rollback: python ## Go back to the newest snapshot (TO=another LIST=1)
	@$(HOST) rollback $(call given,TO LIST)

destroy-data: python ## Destroy the database, once its name has been said
	@$(HOST) destroy-data $(call given,CONFIRM)

drill: python ## Rehearse the loss of everything on a throw-away stack
	@$(HOST) drill

##@ The proof

check: python ## Form, types, units, the API in process: 90 s, no container
	@$(PROOF) check $(ARGS)

test: python ## Prove each rule, in containers too: 8 min (ALL=1: all)
	@$(PROOF) $(if $(filter command,$(firstword $(origin ALL))),$(if $(filter-out 0,$(ALL)),all,test),test) $(ARGS)

lint: ## Check the form of every file
unit: ## Run the tests of single modules
app: ## Run the tests of the API in process
process: ## Run the tests of the real server, without Docker
stack: ## Run the tests that break real containers (ARGS="-k word")
lint unit app process stack: python
	@$(PROOF) $@ $(ARGS)

bench: .venv/bench ## Measure it against a naive version (QUICK=1: two minutes)
	@PYTHONPATH=deploy:tests $(BIN)/python -m bench $(if $(QUICK),--quick) $(if $(DATA),--data)

soak: $(VENV) compose ## Break a stack under load (MINUTES=10 SEED=a number)
	@PYTHONPATH=deploy:tests $(BIN)/python -m soak $(if $(MINUTES),--minutes $(MINUTES)) $(if $(SEED),--seed $(SEED))

mutants: $(VENV) ## Take each guard away, and see tests fail (ARGS=free)
	@PYTHONPATH=deploy:tests $(BIN)/python -m mutation $(ARGS)

##@ The code

format: $(VENV) ## Put every Python file in form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

migration: $(VENV) ## Write the migration to changed tables (NAME="add notes")
	@[ -n "$(NAME)" ] || { echo 'Say what it does: make migration NAME="create notes".' >&2; exit 64; }
	@scratch=$$(mktemp -d) && trap 'rm -r "$$scratch"' EXIT && alembic="$(BIN)/alembic --quiet -x scratch=$$scratch/db" && \
	  $$alembic upgrade head && $$alembic revision --autogenerate -m "$(NAME)" && \
	  $(BIN)/ruff format --quiet api/migrations && git status --short api/migrations

lock: $(VENV) ## Pin what pyproject.toml depends on (ARGS=--upgrade: newer)
	@for piece in $(PIECES); do \
	  echo "$$piece/requirements.txt"; \
	  UV_CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/uv pip compile --quiet --universal --python-version 3.11 \
	    --generate-hashes --group "$$(basename $$piece)" -o "$$piece/requirements.txt" $(ARGS) || exit 1; \
	done

$(VENV): tests/requirements.txt | python
	@$(PROOF) tools

# Made again with the environment, which takes it away.
.venv/bench: tests/bench/requirements.txt $(VENV)
	@echo "Bringing what draws the picture of the benchmark."
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --requirement tests/bench/requirements.txt
	@touch $@

python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  is=$$($(PYTHON) --version 2>/dev/null) || is="not there"; \
	  echo "Python 3.11 or newer is needed, and $(PYTHON) is $$is: install it, or name another as in" \
	    "\`make up PYTHON=python3.12\`." >&2; exit 69; }

compose:
	@docker compose version >/dev/null 2>&1 || { \
	  echo "\`docker compose\` does not work here: \`make doctor\` tells why, \`make up\` brings a missing plugin." >&2; exit 69; }
