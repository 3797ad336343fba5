import Core
import NIOCore
import WebSocketCore

/// The subscribers of one event loop, and that loop's view of the feed.
///
/// Unchecked Sendable because everything but the inbox and the counter is touched on the event loop only; `post` is how
/// other threads reach it.
final class LoopHub: @unchecked Sendable {
    let eventLoop: any EventLoop
    let configuration: FanoutConfiguration
    private let reader: any FeedReader
    private let latestHistory: @Sendable () -> FeedHistory

    /// `nil` if there is to be none.
    private let sendRing: Result<SendRing, any Error>?

    private let inbox = LoopInbox()
    private let counter = SubscriberCounter()

    // From here on: the event loop only.
    private(set) var ring: FeedRing
    private(set) var history: FeedHistory
    /// What has been done since the start.
    var figures = FanoutFigures()
    private var groups: [SubscriberView: SubscriberGroup] = [:]
    /// Those who are not in their group: something is missing, or their socket is busy.
    private var unsettled: [ObjectIdentifier: Subscriber] = [:]
    private let snapshots: SnapshotDesk
    private let pages: PageDesk
    private let turns: TurnQueue
    private var admitted = AdmittedSubscribers()
    private var ending: LoopDrain?
    private var heartbeatSlice = 0
    private var pace = DeliveryPace()

    /// Heartbeats go out in this many portions an interval, so that they never hold up the loop.
    private static let heartbeatSlices = 20

    init(
        eventLoop: any EventLoop, history: FeedHistory, entries: [FeedEntry], configuration: FanoutConfiguration,
        reader: any FeedReader, latestHistory: @escaping @Sendable () -> FeedHistory
    ) {
        self.latestHistory = latestHistory
        self.eventLoop = eventLoop
        self.history = history
        self.configuration = configuration
        self.reader = reader
        sendRing = configuration.usesIOURing ? Result { try SendRing() } : nil
        snapshots = SnapshotDesk(eventLoop: eventLoop, newestSeq: history.newestSeq, reader: reader)
        turns = TurnQueue(eventLoop: eventLoop)
        pages = PageDesk(eventLoop: eventLoop) { seq in
            try await reader.events(
                after: seq, maxEvents: configuration.pageEvents, maxBytes: configuration.maxWriteBytes)
        }
        var ring = FeedRing(limits: configuration.ring)
        for entry in entries { ring.append(entry) }
        self.ring = ring
    }

    /// How many subscribers there are; from any thread.
    var subscriberCount: Int { counter.all }

    /// How many there are of each kind; from any thread.
    var subscribersByTransport: SubscriberCounts { counter.byTransport }

    /// Why the kernel is not given many sends at once, though it should be.
    var ringRefusal: (any Error)? {
        guard case .failure(let refusal) = sendRing else { return nil }
        return refusal
    }

    var newestSeq: Int64 { history.newestSeq }
    var pingMilliseconds: Int { Int(configuration.pingInterval.nanoseconds / 1_000_000) }

    func cursor(of seq: Int64) -> Cursor { history.cursor(of: seq) }

    // MARK: - New events

    /// Brings committed events to the loop; from any thread. What comes while the loop is busy leaves in one write.
    func post(_ entries: [FeedEntry], oldestSeq: Int64) {
        if inbox.add(entries, oldestSeq: oldestSeq) { eventLoop.execute { self.eventsArrived() } }
    }

    /// Goes on with another history; from any thread. What was posted before and has not been delivered is dropped.
    func replace(with history: FeedHistory, entries: [FeedEntry]) {
        inbox.replace(with: history, entries: entries)
        eventLoop.execute { self.takeInbox() }
    }

    private func take(_ replacement: LoopInbox.Replacement) {
        let old = history
        history = replacement.history
        ring = FeedRing(limits: configuration.ring)
        for entry in replacement.entries { ring.append(entry) }
        for group in groups.values {
            group.lastChunk = nil
            for member in group.members.map(\.self) { unfollow(member, at: old.newestSeq) }
        }
        pages.forgetAll()
        snapshots.beginAgain(at: newestSeq)
        for subscriber in unsettled.values.map(\.self) where subscriber.delivery.phase != .preparing {
            switch history.resumption(after: old.cursor(of: subscriber.delivery.seq)) {
            case .resume: subscriber.goOn()
            case .reset(let reason): subscriber.restart(reason)
            }
        }
    }

    private func eventsArrived() {
        if let moment = pace.pauseEnd(at: eventLoop.now) {
            eventLoop.assumeIsolated().scheduleTask(deadline: moment) { self.takeInbox() }
        } else {
            takeInbox()
        }
    }

    private func takeInbox() {
        let start = eventLoop.now
        defer { pace.delivered(from: start, to: eventLoop.now) }
        let arrived = inbox.take()
        if let replacement = arrived.replacement { take(replacement) }
        let previous = newestSeq
        for entry in arrived.entries {
            history.advance(to: entry.cursor)
            ring.append(entry)
        }
        history.oldestSeq = arrived.oldestSeq
        snapshots.advance(to: newestSeq)
        for group in groups.values { deliver(arrived.entries[...], after: previous, to: group) }
        // Snapshots may have been ahead of this loop.
        for subscriber in unsettled.values { subscriber.pump() }
    }

    private func deliver(_ entries: ArraySlice<FeedEntry>, after: Int64, to group: SubscriberGroup) {
        var entries = entries
        var after = after
        while !entries.isEmpty {
            let chunk = BacklogChunk.make(
                entries, after: after, view: group.view, maxBytes: configuration.maxWriteBytes, newestSeq: newestSeq)
            if chunk.events > 0 {
                send(chunk.bytes, to: group, range: nil, place: chunk.upTo, events: chunk.events)
            }
            entries = entries.drop { $0.seq <= chunk.upTo }
            after = chunk.upTo
        }
    }

    /// Writes the same bytes to the members of a group. Who can't take them all leaves the group, at `place`.
    private func send(
        _ bytes: ByteBuffer, to group: SubscriberGroup, range: Range<Int>?, place: Int64, events: Int
    ) {
        let range = range ?? 0..<group.members.count
        figures.wrote(bytes.readableBytes, events: events, toSockets: range.count, of: group.transport)
        let together = range.count >= SendRing.worthwhile ? try? sendRing?.get() : nil
        bytes.withUnsafeReadableBytes { buffer in
            figures.ringWrites += together?.send(buffer, to: group.descriptors[range]) ?? 0
            // Backwards, for whoever leaves is replaced by the last. Nothing in here sends to a group, whose results would
            // take the place of these.
            for index in range.reversed() {
                let descriptor = group.descriptors[index]
                if descriptor >= 0 {
                    let sent = together?[index - range.lowerBound] ?? DirectSend.send(buffer, to: descriptor)
                    if sent == buffer.count { continue }
                    // An error shows again when NIO writes the rest, and ends the connection there.
                    var rest = bytes
                    rest.moveReaderIndex(forwardBy: max(0, sent))
                    let subscriber = group.members[index]
                    subscriber.socket.enqueue(rest)
                    unfollow(subscriber, at: place)
                    subscriber.becameBusy()
                } else {
                    let subscriber = group.members[index]
                    if !subscriber.socket.write(bytes) {
                        unfollow(subscriber, at: place)
                        subscriber.becameBusy()
                    }
                }
            }
        }
    }

    // MARK: - Subscribers

    /// Takes a new subscriber up and begins to serve it.
    ///
    /// - Parameters:
    ///   - view: with the filter of the query.
    ///   - prologue: bytes that go out before anything of the feed.
    ///   - endsWhenLive: the subscriber is closed once it has everything.
    ///   - credential: what it was let in by; it is closed when that is taken back.
    func subscribe(
        _ query: FeedQuery, view: SubscriberView, socket: any SubscriberSocket, prologue: ByteBuffer,
        endsWhenLive: Bool = false, credential: Credential? = nil
    ) -> Subscriber {
        let group: SubscriberGroup
        if let known = groups[view] {
            group = known
        } else {
            group = SubscriberGroup(view: view)
            groups[view] = group
        }
        group.subscriberCount += 1
        figures[group.transport].subscriptions += 1
        counter.change(view.encoding, by: 1)
        let subscriber = Subscriber(
            query: query, group: group, socket: socket, hub: self, prologue: prologue, endsWhenLive: endsWhenLive,
            credential: credential)
        admitted.insert(subscriber)
        unsettled[ObjectIdentifier(subscriber)] = subscriber
        return subscriber
    }

    /// Serves a subscriber that has been taken up: with a snapshot, or from where it was.
    func start(_ subscriber: Subscriber) {
        guard ending == nil else { return subscriber.sayGoodbye(.shutdown, .goingAway) }
        guard let since = subscriber.query.since else { return subscriber.startWithSnapshot(reason: nil) }
        // Asked of the whole process: another loop may have served events that have not reached this one.
        let history = latestHistory()
        if reader.isShared, case .reset(.forked) = history.resumption(after: since) {
            // Another node may have served what has not come to this one.
            catchUp(subscriber, since)
        } else {
            resume(subscriber, since, history)
        }
    }

    private func resume(_ subscriber: Subscriber, _ since: Cursor, _ history: FeedHistory) {
        switch history.resumption(after: since) {
        case .resume(let seq): subscriber.resume(after: seq, newest: history.newest)
        case .reset(let reason): subscriber.startWithSnapshot(reason: reason)
        }
    }

    private func catchUp(_ subscriber: Subscriber, _ since: Cursor) {
        let promise = eventLoop.makePromise(of: Void.self)
        let reader = reader
        promise.completeWithTask { try await reader.catchUp() }
        promise.futureResult.assumeIsolated().whenComplete { result in
            guard !subscriber.isClosing else { return }
            switch result {
            case .success: self.resume(subscriber, since, self.latestHistory())
            case .failure:
                self.figures.readFailures += 1
                subscriber.readingFailed()
            }
        }
    }

    /// The subscriber has everything and its socket is free.
    func follow(_ subscriber: Subscriber) {
        guard subscriber.indexInGroup == nil else { return }
        unsettled[ObjectIdentifier(subscriber)] = nil
        subscriber.group.add(subscriber)
    }

    /// The subscriber can't follow any more.
    ///
    /// - Parameter place: the last event that it has; by default the newest, which the members of a group have.
    func unfollow(_ subscriber: Subscriber, at place: Int64? = nil) {
        guard subscriber.indexInGroup != nil else { return }
        subscriber.group.remove(subscriber)
        subscriber.delivery.advance(to: place ?? newestSeq)
        unsettled[ObjectIdentifier(subscriber)] = subscriber
    }

    func remove(_ subscriber: Subscriber) {
        subscriber.group.remove(subscriber)
        unsettled[ObjectIdentifier(subscriber)] = nil
        admitted.remove(subscriber)
        subscriber.group.subscriberCount -= 1
        if subscriber.group.subscriberCount == 0 { groups[subscriber.view] = nil }
        counter.change(subscriber.view.encoding, by: -1)
        figures.countClose(subscriber.closeCode, of: subscriber.group.transport)
        if subscriberCount == 0 { ending?.nobodyIsLeft() }
    }

    /// Closes those who were let in by what has been taken back; from any thread.
    func revoke(_ credentials: Set<Credential>) {
        eventLoop.execute {
            for credential in credentials {
                for subscriber in self.admitted.by(credential) { subscriber.sayGoodbye(.revoked, .policyViolation) }
            }
        }
    }

    // MARK: - What is not in a group

    /// Events after a place out of the ring, put together for one write.
    func backlog(after seq: Int64, group: SubscriberGroup) -> BacklogChunk {
        if let chunk = group.lastChunk, chunk.after == seq, chunk.newestSeq == newestSeq { return chunk }
        let chunk = BacklogChunk.make(
            ring.entries(after: seq), after: seq, view: group.view, maxBytes: configuration.maxWriteBytes,
            newestSeq: newestSeq)
        group.lastChunk = chunk
        return chunk
    }

    /// Serves a subscriber that misses more than one write's worth again when it is its turn.
    func serveLater(_ subscriber: Subscriber) {
        turns.add(subscriber)
    }

    /// Brings a subscriber the next events, which are only in the store any more.
    func fetchPage(for subscriber: Subscriber) {
        pages.fetch(for: subscriber)
    }

    /// Brings a subscriber the newest articles.
    func prepareSnapshot(for subscriber: Subscriber) {
        snapshots.fetch(for: subscriber)
    }

    /// What has been done, and how things are now.
    func currentFigures() -> FanoutFigures {
        var now = figures
        for group in groups.values { now.count(group.subscriberCount, of: group.transport) }
        now.add(pages.figures)
        now.add(snapshots.figures)
        now.unsettled = unsettled.count
        (now.backlogEvents, now.backlogBytes) = (ring.count, ring.bytes)
        return now
    }

    // MARK: - Time

    /// Begins the heartbeats and the watch over sockets that take nothing.
    func startHeartbeats() {
        let tick = TimeAmount.nanoseconds(configuration.pingInterval.nanoseconds / Int64(Self.heartbeatSlices))
        eventLoop.scheduleRepeatedTask(initialDelay: tick, delay: tick) { _ in self.sendHeartbeats() }
        let watch = TimeAmount.nanoseconds(max(configuration.stallTimeout.nanoseconds / 10, 1_000_000))
        eventLoop.scheduleRepeatedTask(initialDelay: watch, delay: watch) { _ in self.cutOffStalled() }
    }

    private func sendHeartbeats() {
        heartbeatSlice = (heartbeatSlice + 1) % Self.heartbeatSlices
        pages.forgetPages()
        for group in groups.values {
            group.lastChunk = nil
            let total = group.members.count
            let slice =
                total * heartbeatSlice / Self.heartbeatSlices..<total * (heartbeatSlice + 1) / Self.heartbeatSlices
            guard !slice.isEmpty else { continue }
            let ping = group.view.heartbeat(newest: history.newest)
            send(
                group.view.encoding.message(ping, at: history.newest), to: group, range: slice, place: newestSeq,
                events: 0)
        }
    }

    private func cutOffStalled() {
        let moment = NIODeadline.now() - configuration.stallTimeout
        for subscriber in unsettled.values where !subscriber.isClosing && subscriber.isStalled(since: moment) {
            figures.stalls += 1
            subscriber.sayGoodbye(.slow, .policyViolation)
        }
    }

    // MARK: - The end

    /// Says goodbye to all, one after the other in no order, and waits until they are gone; at the deadline who is left is
    /// cut off.
    ///
    /// - Parameter window: over how long the goodbyes are spread, so that not all come again at once.
    func drain(over window: TimeAmount, deadline: NIODeadline) async {
        let everybodyGone = eventLoop.makePromise(of: Void.self)
        eventLoop.execute {
            // What waits for its moment belongs before the goodbye.
            self.takeInbox()
            let farewell = Farewell(self.everybody, over: window, retryAfter: self.configuration.retryAfter)
            let drain = LoopDrain(eventLoop: self.eventLoop, farewell: farewell, everybodyGone: everybodyGone)
            self.ending = drain
            if self.subscriberCount == 0 { drain.nobodyIsLeft() }
            drain.sayGoodbyes()
            self.eventLoop.scheduleTask(deadline: deadline) {
                let everybody = self.everybody
                self.figures.abortedByDrain += everybody.count
                for subscriber in everybody { subscriber.socket.abort() }
            }
        }
        // Fails only with the loop itself, and then everybody is gone too.
        try? await everybodyGone.futureResult.get()
    }

    private var everybody: [Subscriber] { groups.values.flatMap(\.members) + unsettled.values }
}
