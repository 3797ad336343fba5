// Follow the feed from where the last run stopped, over every disconnect and restart.

import ArticlesClient
import Core
import Foundation

// snippet.hide
let place = URL(fileURLWithPath: "feed.cursor")
// snippet.show
let client = ArticlesClient(server: .standard, credential: nil)
let since = (try? String(contentsOf: place, encoding: .utf8)).flatMap { Cursor($0) }

for await update in client.subscribe(FeedQuery(since: since)) {
    switch update {
    case .snapshot(let events):
        for event in events { print("as it is now:", event.article?.title ?? "") }
    case .event(let event):
        print(event.kind, event.id, event.article?.title ?? "")
        try event.cursor.description.write(to: place, atomically: true, encoding: .utf8)
    case .caughtUp(let cursor):
        try cursor.description.write(to: place, atomically: true, encoding: .utf8)
    case .reset(let reason):
        print("events are missing here:", reason)
    case .state(.live):
        print("live")
    case .state(.waiting(let attempt, _, let reason)):
        print("not connected (\(reason)), attempt \(attempt) follows")
    case .state(.refused(let reason)):
        print("refused for good:", reason)
    case .state(.connecting), .state(.catchingUp), .state(.stale):
        break
    }
}
await client.shutdown()
