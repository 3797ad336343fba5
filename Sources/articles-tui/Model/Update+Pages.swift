import ArticlesClient
import Core

/// Older articles: what is missing where the user goes, and what comes of it.
extension Update {
    /// Asks for what is missing near the selection, towards older articles or newer ones.
    static func askForPage(_ model: inout Model, isOlder: Bool) {
        guard model.loadingPage == nil, model.view.isContiguous, let request = missing(model, isOlder: isOlder),
            !model.failedPages.contains(request)
        else { return }
        model.loadingPage = request
        model.ask(.loadPage(request))
    }

    private static func missing(_ model: Model, isOlder: Bool) -> ArticlePages.Request? {
        let rows = model.rows
        let topic = model.view.topic
        guard let selection = model.selection else {
            return topic.map { ArticlePages.Request(topic: $0) }
        }
        let position = rows.position(of: selection)
        let reach = max(model.layout.list.height, 1)
        if isOlder {
            for index in stride(from: position, through: max(position - reach, 0), by: -1) {
                let older = index > 0 ? rows[index - 1].id : 0
                guard !isCovered(older, rows[index].id, model) else { continue }
                if index == 0, model.list.isFull { return nil }
                return ArticlePages.Request(topic: topic, before: rows[index].id)
            }
        } else {
            // Beginning one below: that is where the selection comes from.
            let first = max(position - 1, 0)
            for index in first..<max(min(position + reach, rows.count - 1), first) {
                guard !isCovered(rows[index].id, rows[index + 1].id, model) else { continue }
                return ArticlePages.Request(topic: topic, after: rows[index].id)
            }
        }
        return nil
    }

    static func isCovered(_ older: Int64, _ newer: Int64, _ model: Model) -> Bool {
        if model.coverage.covers(older, newer) { return true }
        return model.view.topic.flatMap { model.topicCoverage[$0] }?.covers(older, newer) ?? false
    }

    static func take(_ answer: ArticlePages.Answer, to request: ArticlePages.Request, _ model: inout Model) {
        if model.loadingPage == request { model.loadingPage = nil }
        if let failure = answer.failure {
            model.failedPages.insert(request)
            model.notice = "older articles could not be loaded: \(failure)"
            return
        }
        for article in answer.articles { store(article, &model) }
        if answer.isPartial {
            // The same would come again.
            model.failedPages.insert(request)
            return
        }
        let low: Int64
        let high: Int64
        if let after = request.after {
            (low, high) = (after, answer.articles.first?.id ?? after)
            if answer.isEnd, let newest = model.coverage.ranges.last, newest.upperBound > high {
                return cover(low...newest.upperBound, request.topic, &model)
            }
        } else {
            high = request.before ?? answer.articles.first?.id ?? 0
            low = answer.isEnd ? 0 : min(answer.articles.last?.id ?? 0, high)
        }
        cover(low...high, request.topic, &model)
    }

    private static func cover(_ range: ClosedRange<Int64>, _ topic: String?, _ model: inout Model) {
        if let topic {
            model.topicCoverage[topic, default: Coverage()].insert(range)
        } else {
            model.coverage.insert(range)
        }
    }

    // MARK: - A day

    static func go(to day: Day, _ model: inout Model) {
        back(&model)
        let rows = model.rows
        let position = rows.lastIndex { row in
            row.gap == nil && model.list[row.id].map { $0.published < day.end } ?? false
        }
        let isKnown = position.map { position in
            position == rows.count - 1 || isCovered(rows[position].id, rows[position + 1].id, model)
        }
        if let position, isKnown == true || !model.view.isContiguous {
            select(rows[position], &model)
            model.search?.isSettled = true
        } else {
            model.notice = "looking for \(day.name)"
            model.ask(.findDay(day, topic: model.view.topic))
        }
    }

    static func takeDay(_ answer: ArticlePages.Answer, to request: ArticlePages.Request, _ model: inout Model) {
        if let failure = answer.failure {
            model.notice = failure
            return
        }
        guard let newest = answer.articles.first else {
            model.notice = "there is nothing as old as that"
            return
        }
        for article in answer.articles { store(article, &model) }
        let low = answer.isEnd ? 0 : answer.articles.last?.id ?? newest.id
        if !answer.isPartial { cover(low...newest.id, request.topic, &model) }
        model.notice = nil
        select(.article(newest.id), &model)
    }
}
