extension DaemonMetrics {
    func addSubscribers(_ fanout: FanoutFigures, to text: inout ExpositionText) {
        func byTransport(
            _ kind: ExpositionText.Kind, _ name: String, _ help: String, _ value: (FanoutFigures.Transport) -> Int
        ) {
            text.family(kind, name, help) { family in
                for transport in FanoutFigures.Transport.allCases {
                    family.sample(value(transport), ["transport": transport.name, "mode": transport.mode])
                }
            }
        }
        byTransport(.gauge, "articled_subscribers", "Subscribers that are connected.") {
            fanout.subscribers(of: $0)
        }
        byTransport(.counter, "articled_subscriptions_total", "Subscribers that came.") { fanout[$0].subscriptions }
        byTransport(
            .counter, "articled_deliveries_total", "Events handed to sockets, each for each of its subscribers."
        ) { fanout[$0].deliveries }
        byTransport(
            .counter, "articled_writes_total", "Writes to subscribers, of one event or several, or of other messages."
        ) { fanout[$0].writes }
        text.add(
            .counter, "articled_ring_writes_total",
            "Of the writes to subscribers, those that the kernel was given many at a time, by io_uring.",
            fanout.ringWrites)
        byTransport(.counter, "articled_sent_bytes_total", "Bytes of the feed handed to sockets.") {
            fanout[$0].bytes
        }
        text.add(
            .gauge, "articled_subscribers_unsettled",
            "Subscribers that miss something, or whose sockets take nothing more.", fanout.unsettled)
        text.add(
            .counter, "articled_catchup_pages_total", "Pages read from the store for subscribers that were behind.",
            fanout.pagesRead)
        text.add(
            .counter, "articled_catchup_pages_served_total",
            "The same pages, each for each subscriber that it went to.",
            fanout.pagesServed)
        text.add(.counter, "articled_snapshots_total", "Snapshots read from the store.", fanout.snapshotsRead)
        text.family(.counter, "articled_resets_total", "Subscribers that were told of a gap, by its reason.") {
            $0.sample(fanout.resetsTrimmed, ["reason": "trimmed"])
            $0.sample(fanout.resetsForked, ["reason": "forked"])
        }
        text.family(
            .counter, "articled_closes_total",
            "Subscribers that went, by WebSocket's close code: 1005 none, 1006 just gone, as streams over HTTP are, 3000 a client's own."
        ) { family in
            for transport in ["websocket", "sse", "ndjson"] {
                var codes: [UInt16: Int] = [1000: 0, 1001: 0, 1006: 0, 1008: 0]
                for kind in FanoutFigures.Transport.allCases where kind.name == transport {
                    codes.merge(fanout[kind].closes, uniquingKeysWith: +)
                }
                for (code, count) in codes.sorted(by: { $0.key < $1.key }) {
                    family.sample(count, ["transport": transport, "code": "\(code)"])
                }
            }
        }
        text.add(
            .counter, "articled_stalled_subscribers_total",
            "Subscribers cut off because they read nothing for --stall-timeout.", fanout.stalls)
        text.add(
            .counter, "articled_drain_aborted_subscribers_total",
            "Subscribers cut off because they had not left within --drain-timeout.", fanout.abortedByDrain)
    }

    func addBacklog(_ fanout: FanoutFigures, to text: inout ExpositionText) {
        text.add(.gauge, "articled_backlog_events", "Events in memory to resume from.", fanout.backlogEvents)
        text.add(
            .gauge, "articled_backlog_events_limit", "How many there may be (--backlog).", feed.ringLimits.maxEvents)
        text.add(.gauge, "articled_backlog_bytes", "Bytes of the events in memory.", fanout.backlogBytes)
        text.add(
            .gauge, "articled_backlog_bytes_limit", "How many there may be (--backlog).", feed.ringLimits.maxBytes)
        let history = feed.history
        text.add(.gauge, "articled_newest_event", "Number of the newest event of the feed.", Int(history.newestSeq))
        text.add(
            .gauge, "articled_retained_events", "Events in the store to resume from.",
            Int(history.newestSeq - history.oldestSeq + 1))
        text.add(
            .gauge, "articled_retained_events_limit", "How many there may be (--retention).", limits.value.maxEvents)
        text.add(
            .gauge, "articled_retention_seconds_limit", "How old they may become (--retention).",
            Double(limits.value.maxEventAge) / 1000)
    }
}
