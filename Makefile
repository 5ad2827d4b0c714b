# A thin layer over the scaleproof command: bin/scaleproof help tells the rest.
# Variables given to make reach the command by the environment:
#   make e2e-kind KEEP=1 SUITE=metrics FOCUS=counts IMAGES=build

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

SCALEPROOF := bin/scaleproof
GOLANGCI_LINT := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
# The nested modules whose sources are ours; the others only pin what upstream wrote.
OURS := $(patsubst fixtures/components/%/main.go,%,$(wildcard fixtures/components/*/main.go))

.PHONY: help
help: ## print this
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | while IFS=$$'\t' read -r name text; do printf '  %-10s %s\n' "$$name" "$$text"; done
	@echo
	@echo '  variables: KEEP=1 SUITE=… FOCUS=… IMAGES=auto|pull|build NODES=… PROCS=… MUTANT=… CLUSTER_NAME=…, and RUN=… for judge'

.PHONY: build
build: ## build the command, bin/scaleproof
	@go build -buildvcs=false -ldflags '-X main.version=$(shell git describe --always --dirty 2>/dev/null)' -o $(SCALEPROOF) ./e2e/cmd/scaleproof

.PHONY: test
test: ## run the tests of all modules; needs no Docker and no cluster
	go test ./...
	@for name in $(OURS); do echo "go test ./... # $$name"; (cd fixtures/components/$$name && go test ./...); done

.PHONY: lint
lint: ## run golangci-lint, built from source at the pinned version
	go run $(GOLANGCI_LINT) run ./...
	@for name in $(OURS); do echo "golangci-lint # $$name"; (cd fixtures/components/$$name && go run $(GOLANGCI_LINT) run --config $(CURDIR)/.golangci.yml ./...); done

.PHONY: check
check: build test lint ## what to run before a commit: tests, lint, and that what is generated is up to date
	@unformatted=$$(gofmt -l $$(git ls-files -co --exclude-standard '*.go')); [[ -z $$unformatted ]] || { echo "not formatted, run gofmt -w: $$unformatted"; exit 1; }
	go vet ./...
	$(SCALEPROOF) promises --check PROMISES.md

.PHONY: generate
generate: build ## write PROMISES.md from the suites
	$(SCALEPROOF) promises PROMISES.md

.PHONY: bench
bench: ## run the benchmarks, to compare by benchstat
	go test -run '^$$' -bench . -benchmem -count 6 ./e2e/...

.PHONY: images
images: build ## pull or build all images
	$(SCALEPROOF) images

.PHONY: up
up: build ## make the cluster and the stack, and stop there
	$(SCALEPROOF) up

.PHONY: e2e-kind
e2e-kind: build ## prove the promises on a kind cluster
	$(SCALEPROOF) run --provider kind

.PHONY: judge
judge: build ## judge a stored run again: RUN=latest
	$(SCALEPROOF) judge $(or $(RUN),latest)

.PHONY: doctor
doctor: build ## check the machine
	$(SCALEPROOF) doctor

.PHONY: down
down: build ## remove the cluster, and what a killed run left
	$(SCALEPROOF) down
