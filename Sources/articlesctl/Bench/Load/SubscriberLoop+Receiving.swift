import Core
import Foundation
import LoadSockets
import Synchronization

extension SubscriberLoop {
    /// Takes what happened to one connection.
    @inline(__always)
    func handle(_ place: Int, _ kinds: UInt32) {
        let subscriber = subscribers + place
        guard subscriber.pointee.descriptor >= 0 else { return }
        if subscriber.pointee.stage == .connecting { return connected(place) }
        if subscriber.pointee.isPaused {
            if kinds & (EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0 { drop(place) }
            return
        }
        let kept = subscriber.pointee.restCount
        if kept > 0, let rest = subscriber.pointee.rest { buffer.update(from: rest, count: kept) }
        let received = recv(subscriber.pointee.descriptor, buffer + kept, Self.receiveBytes, 0)
        guard received > 0 else {
            if received < 0, errno == EAGAIN { return }
            if !subscriber.pointee.wasLive { state.note("the server closed the connection") }
            return drop(place)
        }
        let now = load_now()
        if subscriber.pointee.stage == .asking {
            receivedHead(place, kept + received, now)
        } else if target.feed.transport == .websocket {
            receivedFrames(place, buffer, kept + received, now)
        } else {
            receivedLines(place, buffer, kept, received, now)
        }
    }

    private func receivedHead(_ place: Int, _ count: Int, _ now: UInt64) {
        guard let end = load_find(buffer, count, "\r\n\r\n", 4) else {
            guard count < 65_536 else { return drop(place) }
            return subscribers[place].keep(buffer, count)
        }
        let length = end - UnsafePointer(buffer) + 4
        let head = String(decoding: UnsafeBufferPointer(start: buffer, count: length), as: UTF8.self)
        let status = head.split(separator: " ", maxSplits: 2).dropFirst().first.flatMap { Int($0) } ?? 0
        let isAccepted =
            target.feed.transport == .websocket ? status == 101 && head.contains(FeedRequest.acceptance) : status == 200
        guard isAccepted else {
            let body = Array(UnsafeBufferPointer(start: buffer + length, count: count - length))
            let detail = (try? JSONParser.parse(body))?["detail"]?.stringValue
            let line = head.split(separator: "\r\n").first.map(String.init) ?? "no HTTP"
            state.note("the feed was refused: \(detail.map { "\($0) (\(status))" } ?? line)")
            // Others than these will not change their mind.
            return status == 429 || status >= 500 ? drop(place) : giveUp(place)
        }
        subscribers[place].stage = .catchingUp
        subscribers[place].isChunked = head.lowercased().contains("\r\ntransfer-encoding: chunked")
        subscribers[place].keep(buffer, 0)
        if target.feed.dialect == .other {
            guard greeted(place) else { return drop(place) }
            becameLive(place, now)
        }
        guard count > length else { return }
        if target.feed.transport == .websocket {
            receivedFrames(place, buffer + length, count - length, now)
        } else {
            receivedLines(place, buffer + length, 0, count - length, now)
        }
    }

    /// Says what is to be said first.
    private func greeted(_ place: Int) -> Bool {
        let bytes = target.feed.greeting
        guard !bytes.isEmpty, load_send(subscribers[place].descriptor, bytes, bytes.count) != bytes.count else {
            return true
        }
        state.note("what is to be said on connecting could not be sent")
        return false
    }

    @inline(__always)
    private func receivedFrames(_ place: Int, _ bytes: UnsafeMutablePointer<UInt8>, _ count: Int, _ now: UInt64) {
        var isOver = false
        let used = WebSocketReader.read(bytes, count) { kind, payload, length in
            switch kind {
            case .malformed,
                .binary where hasCursors:
                state.note("the server sent a frame that is not valid")
                isOver = true
            case .data, .binary:
                if hasCursors, length > 0, payload[0] == UInt8(ascii: "{") {
                    control(place, payload, length, now)
                } else {
                    receivedEvents(place, payload, length, now)
                }
            case .ping, .close:
                let answer = WebSocketReader.clientFrame(
                    opcode: kind == .ping ? 10 : 8, UnsafeBufferPointer(start: payload, count: length))
                _ = load_send(subscribers[place].descriptor, answer, answer.count)
                guard kind == .close else { break }
                subscribers[place].closeCode = length >= 2 ? Int(payload[0]) << 8 | Int(payload[1]) : 1005
                isOver = true
            case .pong: break
            }
            return !isOver
        }
        if isOver { return drop(place) }
        subscribers[place].keep(bytes + used, count - used)
    }

    /// - Parameters:
    ///   - kept: bytes in front that have no transfer coding any more.
    ///   - received: bytes behind them, just as they came.
    private func receivedLines(
        _ place: Int, _ bytes: UnsafeMutablePointer<UInt8>, _ kept: Int, _ received: Int, _ now: UInt64
    ) {
        var count = kept + received
        if subscribers[place].isChunked {
            count = kept + subscribers[place].chunks.decode(bytes + kept, received)
            if subscribers[place].chunks.isMalformed { state.note("the server sent a chunk that is not valid") }
        }
        var used = count
        while used > 0, bytes[used - 1] != UInt8(ascii: "\n") { used -= 1 }
        if hasCursors, subscribers[place].stage == .catchingUp || subscribers[place].resets > 0,
            load_find(bytes, used, "{\"live\":", 8) != nil
        {
            // Events may stand on both sides of it: what comes with it counts, then it is live.
            receivedEvents(place, bytes, used, now)
            if let live = load_find(bytes, used, "{\"live\":", 8) {
                control(place, live, used - (live - UnsafePointer(bytes)), now)
            }
        } else {
            if hasCursors, load_find(bytes, used, "{\"reset\":", 9) != nil { subscribers[place].resets += 1 }
            receivedEvents(place, bytes, used, now)
        }
        if subscribers[place].chunks.isEnded || subscribers[place].chunks.isMalformed || count - used > (1 << 24) {
            return drop(place)
        }
        subscribers[place].keep(bytes + used, count - used)
    }

    /// Takes a control object: `live`, `ping`, `reset`; the others say nothing that is needed here.
    private func control(_ place: Int, _ bytes: UnsafePointer<UInt8>, _ count: Int, _ now: UInt64) {
        guard count > 3 else { return }
        switch bytes[2] {
        case UInt8(ascii: "l"):
            if let cursor = Marker.firstCursor(bytes, count) {
                subscribers[place].tally.move(to: cursor.place, nonce: cursor.nonce)
            }
            becameLive(place, now)
        case UInt8(ascii: "p"):
            guard let cursor = Marker.firstCursor(bytes, count) else { return }
            subscribers[place].tally.move(to: cursor.place, nonce: cursor.nonce)
        case UInt8(ascii: "r"): subscribers[place].resets += 1
        default: break
        }
    }

    @inline(__always)
    private func receivedEvents(_ place: Int, _ bytes: UnsafePointer<UInt8>, _ count: Int, _ now: UInt64) {
        // The tick notices the start; an article may come before that.
        if start == 0 { start = state.start.load(ordering: .acquiring) }
        let (subscriber, recorder, start) = (subscribers + place, recorder, start)
        guard start > 0 else { return }
        var new = 0
        let newest = state.newest.load(ordering: .relaxed)
        Marker.scan(bytes, count, cursors: hasCursors) { delivery in
            // Of an earlier load with the same topic, or nothing of a load at all.
            guard delivery.time >= start, delivery.seq > 0, delivery.seq <= newest else { return }
            guard subscriber.pointee.tally.take(delivery) else { return }
            new += 1
            recorder.pointee.delivered(
                intended: delivery.time - start, at: now - start, isDisturbed: subscriber.pointee.isDisturbed)
        }
        deliveries += new
    }
}
