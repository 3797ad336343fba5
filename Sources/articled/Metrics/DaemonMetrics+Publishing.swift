extension DaemonMetrics {
    func addPublishing(to text: inout ExpositionText) {
        let (figures, queued) = (log.figures, log.queued)
        text.add(
            "articled_append_duration_seconds",
            "From when an article (or a change) came to the log until it was durable: waiting and its transaction.",
            figures.appends)
        text.add(
            "articled_commit_duration_seconds", "How long transactions took, their fsync included.", figures.commits)
        text.add("articled_commit_batch_size", "How many articles and changes a transaction carried.", figures.batches)
        text.family(.counter, "articled_appends_total", "What became of articles and changes that were queued.") {
            for outcome in AppendFigures.Outcome.allCases {
                $0.sample(figures.outcomes[outcome, default: 0], ["outcome": outcome.rawValue])
            }
        }
        text.family(
            .counter, "articled_append_refusals_total",
            "What was not even queued: the queue was full (--queue), the daemon was stopping, or the same key was under way."
        ) {
            for refusal in AppendFigures.Refusal.allCases {
                $0.sample(figures.refusals[refusal, default: 0], ["reason": refusal.rawValue])
            }
        }
        text.add(.gauge, "articled_queue_articles", "Articles and changes that wait to be stored.", queued.commands)
        text.add(.gauge, "articled_queue_articles_limit", "How many may wait (--queue).", log.limits.commands)
        text.add(.gauge, "articled_queue_bytes", "Bytes of text that wait to be stored.", queued.bytes)
        text.add(.gauge, "articled_queue_bytes_limit", "How many may wait (--queue).", log.limits.bytes)
    }

    func addStore(_ fanout: FanoutFigures, to text: inout ExpositionText) {
        text.family(.counter, "articled_store_errors_total", "What the store could not do.") {
            $0.sample(log.figures.failedCommits, ["operation": "commit"])
            $0.sample(fanout.readFailures, ["operation": "feed"])
            $0.sample(sizes.failures, ["operation": "size"])
        }
        text.add(
            .gauge, "articled_store_writable", "Whether the last transaction could be made durable.",
            log.isStoring ? 1 : 0)
        text.add(
            .gauge, "articled_store_reachable",
            "Whether a store that nodes share is there and followed; else always 1.",
            store.isReachable ? 1 : 0)
        guard let size = sizes.latest() else { return }
        text.add(.gauge, "articled_store_bytes", "What the store takes, at most a minute ago.", size.bytes)
        text.add(.gauge, "articled_store_articles", "Articles in the store, at most a minute ago.", size.articles)
        text.add(
            .gauge, "articled_store_audit_entries", "Lines of the audit log, at most a minute ago.", size.auditEntries)
        text.add(
            .gauge, "articled_store_audit_entries_limit", "How many there may be (--audit-retention).",
            limits.value.maxAuditEntries)
    }
}
