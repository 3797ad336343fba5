import Core
import Logging

/// One line of the log, before it is bytes.
struct LogEntry: Sendable {
    let time: Timestamp
    let level: Logger.Level
    let message: String
    let fields: [(name: String, value: Logger.MetadataValue)]

    /// What a message or a field has at most, in bytes; the rest is cut off.
    static let maxBytes = 2048

    init(_ event: LogEvent, metadata: Logger.Metadata) {
        var all = metadata
        if let own = event.metadata { all.merge(own) { _, own in own } }
        if let error = event.error, all["error"] == nil { all["error"] = "\(error)" }
        self.init(level: event.level, message: event.message.description, metadata: all)
    }

    init(level: Logger.Level, message: String, metadata: Logger.Metadata, at time: Timestamp = .now) {
        self.init(
            level: level, message: message,
            fields: metadata.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) }, at: time)
    }

    init(
        level: Logger.Level, message: String, fields: [(name: String, value: Logger.MetadataValue)],
        at time: Timestamp = .now
    ) {
        self.time = time
        self.level = level
        self.message = message
        self.fields = fields
    }

    /// `2026-11-26T09:30:00.000Z info Listening host=127.0.0.1 port=8000`
    var text: [UInt8] {
        var line: [UInt8] = []
        line.reserveCapacity(160)
        line += time.description.utf8
        line.append(UInt8(ascii: " "))
        line += level.rawValue.utf8
        line.append(UInt8(ascii: " "))
        LogText.append(message, as: .plain, to: &line)
        for (name, value) in fields {
            line.append(UInt8(ascii: " "))
            LogText.append(name, as: .plain, to: &line)
            line.append(UInt8(ascii: "="))
            LogText.append(Self.text(value), as: .word, to: &line)
        }
        line.append(UInt8(ascii: "\n"))
        return line
    }

    /// `{"time":"…","level":"info","message":"Listening","host":"127.0.0.1","port":8000}`
    var json: [UInt8] {
        var line: [UInt8] = []
        line.reserveCapacity(200)
        line += "{\"time\":\"".utf8
        line += time.description.utf8
        line += "\",\"level\":\"".utf8
        line += level.rawValue.utf8
        line += "\",\"message\":".utf8
        LogText.append(message, as: .json, to: &line)
        for (name, value) in fields {
            line.append(UInt8(ascii: ","))
            LogText.append(Self.own.contains(name) ? "_" + name : name, as: .json, to: &line)
            line.append(UInt8(ascii: ":"))
            if case .stringConvertible(let number) = value, let number = number as? Int {
                line += String(number).utf8
            } else if case .stringConvertible(let number) = value, let number = number as? Double, number.isFinite {
                line += number.description.utf8
            } else {
                LogText.append(Self.text(value), as: .json, to: &line)
            }
        }
        line += "}\n".utf8
        return line
    }

    private static func text(_ value: Logger.MetadataValue) -> String {
        if case .string(let text) = value { text } else { value.description }
    }

    /// Members that every line has.
    private static let own: Set = ["time", "level", "message"]
}
