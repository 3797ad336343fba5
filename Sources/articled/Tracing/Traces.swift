import Tracing

/// Where spans of requests and commits go: to the tracer that the process was started with (swift-distributed-tracing),
/// nowhere if there is none.
struct Traces: Sendable {
    let tracer: any Tracer
    /// Whether anybody looks at them: if not, nothing is done for them.
    let isOn: Bool

    static let off = Traces(NoOpTracer())

    init(_ tracer: any Tracer) {
        self.tracer = tracer
        isOn = !(tracer is NoOpTracer)
    }

    /// Waits for commands to be stored inside a span of that, a child of the present request's.
    ///
    /// - Parameter work: gets what the writer's span is to be tied to, if anything.
    func withAppend<Result>(of count: Int, _ work: (ServiceContext?) async -> Result) async -> Result {
        guard isOn else { return await work(nil) }
        let span = tracer.startSpan("append", context: .current ?? .topLevel, ofKind: .producer)
        span.attributes["articles.count"] = count
        defer { span.end() }
        return await work(span.context)
    }

    /// How many commands of a batch its span names.
    private static let maxLinks = 128

    /// Begins the span of a transaction, which belongs to all requests whose commands it carries.
    func startCommit(of batch: [ArticleLog.Submission]) -> (any Span)? {
        guard isOn else { return nil }
        let span = tracer.startSpan("commit", context: .topLevel, ofKind: .internal)
        span.attributes["articles.batch.size"] = batch.count
        for submission in batch.prefix(Self.maxLinks) {
            if let context = submission.context { span.addLink(SpanLink(context: context, attributes: [:])) }
        }
        return span
    }
}

extension Span {
    /// Ends the span, as one of something that failed if there is an error.
    func end(_ error: (any Error)?) {
        if let error {
            recordError(error)
            setStatus(SpanStatus(code: .error))
        }
        end()
    }
}
