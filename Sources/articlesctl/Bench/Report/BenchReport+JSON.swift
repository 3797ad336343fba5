import Core
import Histogram

extension BenchReport {
    var json: JSONValue {
        let recorder = result.recorder
        func summary(_ histogram: Histogram<UInt64>) -> JSONValue {
            LatencySummary(histogram)?.json ?? LatencySummary.emptyJSON
        }
        return .object([
            JSONMember("server", .string(server)),
            JSONMember("server_version", version.map { .string($0) } ?? .null),
            JSONMember("started", .string(started.description)),
            JSONMember("topic", topic.map { .string($0) } ?? .null),
            JSONMember("transport", .string(transport.rawValue)),
            JSONMember("subscribers", count(plan.subscribers)), JSONMember("publishers", count(plan.publishers)),
            JSONMember("inflight", count(plan.inFlight)), JSONMember("size", count(plan.size)),
            JSONMember("duration_s", .rounded(Double(plan.duration) / 1e9)),
            JSONMember("scenarios", scenarios), JSONMember("interrupted", .bool(result.wasInterrupted)),
            JSONMember("asked_rate", askedRate.map { .rounded($0) } ?? .null),
            JSONMember("achieved_rate", .rounded(achievedRate)),
            JSONMember("sent", count(result.sent)), JSONMember("acknowledged", count(result.acknowledged)),
            JSONMember("refused", count(result.refused)), JSONMember("unanswered", count(result.unresolved)),
            JSONMember("expected", count(expected)), JSONMember("received", count(received)),
            JSONMember("lost", count(lost)), JSONMember("duplicated", count(duplicated)),
            JSONMember("reordered", reordered.map(count) ?? .null), JSONMember("orders", count(result.orders)),
            JSONMember("unpromised", count(unpromised)),
            JSONMember("disconnects", count(sum(\.disconnects))), JSONMember("resets", count(sum(\.resets))),
            JSONMember("deliveries_per_s", .rounded(deliveriesPerSecond)),
            JSONMember("latency_ms", summary(recorder.latency)),
            JSONMember("disturbed_latency_ms", summary(recorder.disturbedLatency)),
            JSONMember("answer_ms", summary(recorder.answer)), JSONMember("lag_ms", summary(recorder.lag)),
            JSONMember("connect_ms", summary(recorder.connect)),
            JSONMember("connects_per_s", .rounded(connectsPerSecond)),
            JSONMember("recovery_ms", summary(recorder.recovery)),
            JSONMember(
                "generator",
                .object([
                    JSONMember("threads", count(plan.threads)),
                    JSONMember("cpu_us_per_delivery", .rounded(result.cpuPerDelivery)),
                    JSONMember("busiest_thread", .rounded(result.busiestThread)),
                    JSONMember("busy_processors", .rounded(busyProcessors)),
                ])),
            JSONMember("server_usage", usage),
            JSONMember("first_problem", result.problem.map { .string($0) } ?? .null),
            JSONMember("interval_ms", .rounded(Double(recorder.intervalLength) / 1e6)),
            JSONMember("intervals", .array(recorder.intervals.map(interval))),
            JSONMember("per_subscriber", .array(result.subscribers.map(subscriber))),
        ])
    }

    var deliveriesPerSecond: Double {
        result.deliveringSeconds > 0 ? Double(result.deliveries) / result.deliveringSeconds : 0
    }

    var connectsPerSecond: Double {
        result.connectingSeconds > 0 ? Double(plan.subscribers) / result.connectingSeconds : 0
    }

    private func count(_ number: Int) -> JSONValue { .integer(Int64(number)) }

    private var usage: JSONValue {
        guard let server = result.server else { return .null }
        let memory = server.memory
        return .object([
            JSONMember("cpu_us_per_delivery", result.serverCPUPerDelivery.map { .rounded($0) } ?? .null),
            JSONMember("cpu_s", .rounded(Double(server.cpu) / 1e9)),
            JSONMember("rss_before_bytes", .integer(memory.before)),
            JSONMember("rss_idle_bytes", .integer(memory.idle)), JSONMember("rss_peak_bytes", .integer(memory.peak)),
            JSONMember("rss_bytes_per_subscriber", .rounded(bytesPerSubscriber(memory))),
        ])
    }

    func bytesPerSubscriber(_ memory: ServerUsage.Memory) -> Double {
        Double(memory.idle - memory.before) / Double(plan.subscribers)
    }

    private var scenarios: JSONValue {
        func seconds(_ nanoseconds: UInt64) -> JSONValue { .rounded(Double(nanoseconds) / 1e9) }
        var members: [JSONMember] = []
        if let slow = plan.slow {
            members.append(
                JSONMember(
                    "slow",
                    .object([
                        JSONMember("subscribers", count(slow.count)), JSONMember("after_s", seconds(slow.after)),
                        JSONMember("for_s", seconds(slow.length)),
                    ])))
        }
        if let storm = plan.storm {
            members.append(
                JSONMember(
                    "storm",
                    .object([
                        JSONMember("subscribers", count(storm.count)), JSONMember("after_s", seconds(storm.after)),
                        JSONMember("every_s", storm.every.map(seconds) ?? .null),
                    ])))
        }
        return .object(members)
    }

    private func interval(_ interval: LoadRecorder.Interval) -> JSONValue {
        let summary = LatencySummary(interval.latency)
        func value(_ name: String) -> JSONValue { summary?[name].map { .rounded($0) } ?? .null }
        return .object([
            JSONMember("acknowledged", count(interval.acknowledged)),
            JSONMember("deliveries", count(interval.deliveries)),
            JSONMember("p50", value("p50")), JSONMember("p99", value("p99")), JSONMember("max", value("max")),
        ])
    }

    private func subscriber(_ subscriber: LoadResult.Subscriber) -> JSONValue {
        .object([
            JSONMember("subscriber", count(subscriber.number)), JSONMember("expected", count(subscriber.expected)),
            JSONMember("received", count(subscriber.received)), JSONMember("lost", count(subscriber.lost)),
            JSONMember("duplicated", count(subscriber.duplicated)),
            JSONMember("reordered", isOrderKnown ? count(subscriber.reordered) : .null),
            JSONMember("disconnects", count(subscriber.disconnects)), JSONMember("resets", count(subscriber.resets)),
            JSONMember("disturbed", .bool(subscriber.wasDisturbed)),
        ])
    }
}
