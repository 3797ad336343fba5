import Foundation
import HTTPTypes
import InMemoryTracing
import Testing
import Tracing

@testable import articled

@Suite("Traces")
struct TracesTests {
    private let tracer = InMemoryTracer()

    /// The spans, as soon as there are so many that have ended.
    private func spans(_ count: Int) async throws -> [String: FinishedInMemorySpan] {
        let end = ContinuousClock.now + .seconds(10)
        while tracer.finishedSpans.count < count, .now < end { try await Task.sleep(for: .milliseconds(5)) }
        let spans = tracer.popFinishedSpans()
        return Dictionary(spans.map { ($0.operationName, $0) }) { first, _ in first }
    }

    @Test("a publication is a span of its caller's trace, with one for waiting in it, and the commit is tied to that")
    func publication() async throws {
        try await DaemonUnderTest.run(tracer: tracer) { daemon in
            let answer = try await daemon.exchange(
                "POST", "/api/articles/?private=secret",
                [
                    "Authorization: Bearer \(daemon.token)", "Content-Type: application/json", "X-Request-ID: mine-1",
                    "\(InMemoryTracer.traceIDKey): trace-9", "\(InMemoryTracer.spanIDKey): span-9",
                    "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                ], body: "{\"title\":\"Hello\"}")
            #expect(answer.contains("201 Created") && answer.contains("mine-1"))
            let spans = try await spans(3)
            let request = try #require(spans["POST /api/articles"] ?? spans["POST /api/articles/"])
            let append = try #require(spans["append"])
            let commit = try #require(spans["commit"])
            #expect(request.traceID == "trace-9" && request.parentSpanID == "span-9" && request.kind == .server)
            #expect(append.traceID == "trace-9" && append.parentSpanID == request.spanID)
            #expect(commit.parentSpanID == nil)
            #expect(commit.links.map { $0.context.inMemorySpanContext?.spanID } == [append.spanID])
            #expect(request.attributes["http.response.status_code"]?.toSpanAttribute() == .int64(201))
            #expect(request.attributes["http.request.header.x-request-id"]?.toSpanAttribute() == .string("mine-1"))
            // Queries have tickets and tokens in them.
            #expect(request.attributes["url.path"]?.toSpanAttribute() == .string("/api/articles/"))
            request.attributes.forEach { _, value in #expect(!"\(value)".contains("secret")) }
        }
    }

    @Test("the tracer is given the headers, and so the caller's traceparent")
    func extraction() async throws {
        try await DaemonUnderTest.run(tracer: tracer) { daemon in
            let traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
            _ = try await daemon.exchange("GET", "/healthz", ["traceparent: \(traceparent)"])
            let headers = tracer.performedContextExtractions.compactMap { $0.carrier as? HTTPFields }
            #expect(headers.contains { $0[HTTPField.Name("traceparent")!] == traceparent })
        }
    }

    @Test("what a client did wrong is no failure of the span; a stopped request is")
    func errors() async throws {
        try await DaemonUnderTest.run(tracer: tracer) { daemon in
            #expect(try await daemon.exchange("GET", "/api/articles/7/", []).contains("404"))
            let spans = try await spans(1)
            let span = try #require(spans.values.first)
            #expect(span.operationName.contains("{id}") && span.status == nil)
            #expect(span.attributes["http.response.status_code"]?.toSpanAttribute() == .int64(404))
        }
    }

    @Test("a batch is one wait, whose commit may be one or several")
    func batch() async throws {
        try await DaemonUnderTest.run(tracer: tracer) { daemon in
            let lines = (1...5).map { "{\"title\":\"\($0)\"}\n" }.joined()
            let answer = try await daemon.exchange(
                "POST", "/api/articles/batch",
                ["Authorization: Bearer \(daemon.token)", "Content-Type: application/x-ndjson"], body: lines)
            #expect(answer.components(separatedBy: "\"status\":201").count == 6)
            let spans = try await spans(3)
            let append = try #require(spans["append"])
            let commit = try #require(spans["commit"])
            #expect(append.parentSpanID == spans["POST /api/articles/batch"]?.spanID)
            #expect(commit.links.contains { $0.context.inMemorySpanContext?.spanID == append.spanID })
        }
    }

    @Test("without a tracer nothing is done")
    func off() async {
        #expect(!Traces.off.isOn && Traces(tracer).isOn)
        let context = await Traces.off.withAppend(of: 1) { $0 == nil }
        #expect(context && Traces.off.startCommit(of: []) == nil)
    }
}
