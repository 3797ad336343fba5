extension DaemonMetrics {
    /// Answers that always have a sample, so that their rates have a beginning: what is usual, and what limits refuse with.
    private static let usualStatuses: Set = [101, 200, 201, 400, 401, 403, 404, 408, 413, 421, 429, 431, 500, 503]

    func addRequests(_ answers: AnswerFigures, _ fanout: FanoutFigures, to text: inout ExpositionText) {
        text.family(.counter, "articled_http_responses_total", "Answers, by status; 101 is a WebSocket.") { family in
            for (status, count) in answers.byStatus.enumerated()
            where count > 0 || Self.usualStatuses.contains(status) {
                family.sample(count, ["code": "\(status)"])
            }
        }
        text.add(
            "articled_http_response_duration_seconds",
            "From a request's head until its answer began; without WebSockets, and publications by token.",
            durations.histogram)
        let webSockets =
            fanout.subscribers(of: .plainWebSocket) + fanout.subscribers(of: .webSocket)
        text.family(.gauge, "articled_connections", "Open connections; what the system allows is process_max_fds.") {
            $0.sample(webSockets, ["kind": "websocket"])
            $0.sample(answers.connections, ["kind": "http"])
        }
        let limits = connections.limits
        text.add(
            .gauge, "articled_connections_limit",
            "How many connections may be open: --max-connections, or what the descriptors allow.",
            min(limits.served ?? limits.open, limits.open))
        text.add(
            .counter, "articled_accept_pauses_total",
            "How often accepting had to wait because no descriptors were left.", connections.pauses)
        text.add(.counter, "articled_connections_accepted_total", "Connections that were accepted.", answers.accepted)
        text.family(.counter, "articled_connections_cut_off_total", "Connections closed because a time was over.") {
            $0.sample(answers.idleCloses, ["reason": "idle"])
            $0.sample(answers.byStatus[408] + answers.cutOff, ["reason": "request"])
        }
    }

    func addAccess(to text: inout ExpositionText) {
        text.family(
            .counter, "articled_refusals_total",
            "What the limits of --login-attempts, --write-rate, --max-connections-per-address and --max-connections refused."
        ) {
            $0.sample(refusals.total(.login), ["limit": "logins"])
            $0.sample(refusals.total(.write), ["limit": "writes"])
            $0.sample(refusals.total(.connection), ["limit": "connections"])
            $0.sample(refusals.total(.capacity), ["limit": "capacity"])
        }
        let counts = accounts.counts
        text.add(.gauge, "articled_accounts", "Accounts.", counts.accounts)
        text.add(.gauge, "articled_tokens", "Tokens.", counts.tokens)
        text.add(.gauge, "articled_sessions", "Browsers that are logged in.", counts.sessions)
        text.add(
            .gauge, "articled_password_checks", "Passwords that are being checked or wait for it; 64 may.",
            accounts.worker.waitingCount)
    }

    func addDocuments(to text: inout ExpositionText) {
        let caches = documents.named.map { (name: $0.name, figures: $0.cache.figures) }
        text.family(.gauge, "articled_page_cache_bytes", "Documents that are kept made.") { family in
            for (name, figures) in caches { family.sample(figures.bytes, ["document": name]) }
        }
        text.add(
            .gauge, "articled_page_cache_bytes_limit", "How many bytes each of them may take (--page-cache).",
            documents.maxBytes)
        text.family(.counter, "articled_page_cache_requests_total", "Whether a document was there when asked for.") {
            family in
            for (name, figures) in caches {
                family.sample(figures.hits, ["document": name, "result": "hit"])
                family.sample(figures.misses, ["document": name, "result": "miss"])
            }
        }
    }
}
