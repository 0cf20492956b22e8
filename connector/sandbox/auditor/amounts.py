"""Every unit of money that moved at Stripe is booked once, to the cent, and goes back where it came from."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from connector.sandbox.auditor.deltek_side import NOTHING, ArInvoice, ByWbs, DeltekSide, Key
from connector.sandbox.auditor.finding import FOR_A_PERSON, Finding, Kind
from connector.sandbox.auditor.money_moved import MoneyMoved, Movement, Source
from connector.sandbox.auditor.receipts import Booked, Receipts, invoice_named
from connector.sandbox.vantagepoint.auditor import text


@dataclass
class _Unbooked:
    """What a payment brought over its invoices and no receipt booked: so much may go back without a receipt."""

    left: Decimal
    gone: Decimal = NOTHING

    def covers(self, movement: Movement, short: Decimal) -> bool:
        if short > (self.gone if movement.positive else self.left):
            return False
        moved = -short if movement.positive else short
        self.left -= moved
        self.gone += moved
        return True


class Amounts:
    """Looks at what all receipts together book of each movement, payment by payment."""

    def __init__(self, deltek: DeltekSide, money: MoneyMoved, receipts: Receipts) -> None:
        self._deltek, self._money, self._booked = deltek, money, receipts.booked
        self._by_source: dict[str, list[Movement]] = defaultdict(list)
        self._placed: dict[Key, Decimal] = defaultdict(Decimal)
        self._beside: dict[Key, Decimal] = defaultdict(Decimal)
        self._gone_from_beside: dict[Key, Decimal] = defaultdict(Decimal)
        for movement in money.movements:
            self._by_source[movement.source].append(movement)
            if movement.key:
                self._placed[movement.key] += _on_invoice(self._booked[movement], movement.key)
                self._beside[movement.key] += _over(self._booked[movement]) - movement.over
        for movements in self._by_source.values():
            self._note_gone_from_beside(movements)

    def check(self) -> Iterator[Finding]:
        """What is missing, doubled or of a wrong amount."""
        sound: list[Booked] = []
        for name, movements in self._by_source.items():
            source = self._money.sources.get(name)
            found = list(self._of_source(source, movements))
            booked = self._all(movements)
            if all(one.kind in FOR_A_PERSON for one in found) and not any(one.wrong for one in booked):
                astray = list(self._went_back_elsewhere(source, movements))
                found += astray
                sound += [] if astray else booked
            yield from found
        yield from self._over_charged(sound)

    def _all(self, movements: Sequence[Movement]) -> list[Booked]:
        return [one for movement in movements for one in self._booked[movement]]

    def _of_source(self, source: Source | None, movements: Sequence[Movement]) -> Iterator[Finding]:
        groups = {one.group for one in movements if self._booked[one]}
        over = _over(self._all([one for one in movements if one.key]))
        unbooked = _Unbooked((source.excess if source else NOTHING) - over)
        for movement in movements:
            found = self._booked[movement]
            if movement.optional and movement.group not in groups:
                yield from _unbooked_credit(movement, movements)
            elif any(one.wrong for one in found) or self._is_kept_beside(movement):
                continue
            elif doubled := _doubled(movement, found):
                yield doubled
            elif movement.key is not None:
                yield from self._exact(movement, movement.key, found)
            elif source is not None:
                yield from _shared(movement, source, found, unbooked)

    def _exact(self, movement: Movement, key: Key, found: Sequence[Booked]) -> Iterator[Finding]:
        """Of a payment, or of credit, each part has its place."""
        on_invoice, over = _on_invoice(found, key), _over(found)
        wanted = _said(movement.on_invoice, movement)
        if movement.on_invoice and not on_invoice:
            yield Finding(Kind.MISSING, key.number, f"No receipt puts {wanted} of {movement.spoken} on it")
        elif on_invoice != movement.on_invoice:
            puts = f"Receipts put {_said(on_invoice, movement)} of {movement.spoken} on it"
            yield Finding(Kind.AMOUNT, key.number, f"{puts}, but it brought {wanted}")
        excess = _said(movement.over, movement)
        if movement.over and not over and movement.amount:
            said = f"No receipt books {excess} that {movement.spoken} brought over the invoice"
            yield Finding(Kind.EXCESS, key.number, said)
        elif found and over != movement.over:
            beside = f"Receipts book {_said(over, movement)} of {movement.spoken} beside the invoice"
            yield Finding(Kind.AMOUNT, key.number, f"{beside}, not {excess}")

    def _note_gone_from_beside(self, movements: Sequence[Movement]) -> None:
        came = [one for one in movements if one.key]
        gone = _over(self._all(came)) - _over(self._all(movements))
        for key in {one.key for one in came if one.key}:
            self._gone_from_beside[key] += gone

    def _is_kept_beside(self, movement: Movement) -> bool:
        """Whether all of it is booked, and what the invoice took of it at Stripe it could not take in Deltek.

        There it had been settled otherwise meanwhile, so the rest is the client's, unless it went back since: that
        of another payment of the invoice opens as much. What a person moved onto the invoice since is in its place.
        """
        if movement.key is None:
            return False
        invoice = self._deltek.invoices.get(movement.key, ArInvoice(movement.key))
        found, went_back = self._booked[movement], self._gone_from_beside[invoice.key]
        asked = self._money.asked[invoice.key]  # what was charged more since
        settled = self._placed[invoice.key] + invoice.elsewhere + went_back + asked >= invoice.charged
        moved = invoice.moved >= self._beside[invoice.key] - went_back
        return (settled or moved) and _over(found) > movement.over and _total(found) == movement.amount

    def _went_back_elsewhere(self, source: Source | None, movements: Sequence[Movement]) -> Iterator[Finding]:
        """Money goes back from where its payment put it, unless more went back than came, by refund and dispute."""
        booked = self._all(movements)
        if source is None or _total(booked) < 0:
            return
        came = self._all([one for one in movements if one.key])
        if not 0 <= _over(booked) <= _over(came):
            said = f"{text(_over(booked))} of {source.id} is left beside it after what went back, of "
            yield Finding(Kind.SHARE, invoice_named(source.applied), said + text(_over(came)))
        for key, by_wbs in _by_invoice(booked).items():
            net, brought = sum(by_wbs.values(), NOTHING), _on_invoice(came, key)
            if not 0 <= net <= brought:
                said = f"{text(net)} of {source.id} is left on it after what went back, of {text(brought)}"
                yield Finding(Kind.SHARE, key.number, said)
            else:
                yield from self._more_than_was_put(source, key, by_wbs)

    def _more_than_was_put(self, source: Source, key: Key, left: ByWbs) -> Iterator[Finding]:
        invoice = self._deltek.invoices.get(key)
        for wbs, amount in left.items():
            least = invoice.charged_between(wbs)[0] if invoice else NOTHING
            if amount < least:
                taken = f"{text(-amount)} more of {source.id} was taken from {'|'.join(wbs)}"
                yield Finding(Kind.WBS, key.number, f"{taken} than was put on it")

    def _over_charged(self, booked: Sequence[Booked]) -> Iterator[Finding]:
        """A WBS row receives no more than it was charged, unless the invoice as a whole does."""
        for key, by_wbs in _by_invoice(booked).items():
            invoice = self._deltek.invoices.get(key)
            if invoice is None or invoice.balance < 0:
                continue
            for wbs, amount in by_wbs.items():
                _, charged = invoice.charged_between(wbs)
                if amount > charged + invoice.taken_off[wbs]:
                    said = f"{text(amount)} is received on {'|'.join(wbs)}, which was charged {text(charged)}"
                    yield Finding(Kind.WBS, key.number, said)


def _unbooked_credit(movement: Movement, movements: Sequence[Movement]) -> Iterator[Finding]:
    """Credit that was given back when the invoice was voided settled nothing."""
    if movement.key and sum(one.on_invoice for one in movements if one.group == movement.group):
        amount = _said(movement.on_invoice, movement)
        said = f"No receipt books {movement.spoken}: {amount} settled the invoice"
        yield Finding(Kind.CREDIT, movement.key.number, said)


def _doubled(movement: Movement, found: Sequence[Booked]) -> Finding | None:
    places = [[one for one in found if key in one.on] for each in found for key in each.on]
    # Of a payment of several invoices each receipt has its own beside, and names the invoice.
    beside = [[one for one in found if one.over and one.receipt.comment == said] for said in _comments(found)]
    for there in (*places, *beside):
        if len(there) > 1:
            number = movement.key.number if movement.key else invoice_named(there[0].on)
            batches = " and ".join(one.receipt.batch for one in there)
            said = f"{movement.spoken} is booked {len(there)} times, by {batches}"
            return Finding(Kind.DOUBLED, number, said[:1].upper() + said[1:])
    return None


def _comments(found: Sequence[Booked]) -> set[str]:
    return {one.receipt.comment for one in found if one.over}


def _shared(
    movement: Movement, source: Source, found: Sequence[Booked], unbooked: _Unbooked
) -> Iterator[Finding]:
    """Of what went back, or came again, the shares sum to it."""
    booked = _total(found)
    short = abs(movement.amount) - abs(booked)
    if not short:
        return
    number, what = invoice_named(source.applied), f"{_said(movement.amount, movement)} by {movement.spoken}"
    if short > 0 and unbooked.covers(movement, short):
        said = f"No receipt books {_said(short, movement)} of {movement.spoken}, which was over the invoice"
        yield Finding(Kind.EXCESS, number, said)
    elif 0 < short <= source.foreign:
        said = f"Receipts book {_said(booked, movement)} of {what}: the payment paid others' invoices too"
        yield Finding(Kind.SHARED, number, said)
    elif not found:
        yield Finding(Kind.MISSING, number, f"No receipt books {what}")
    else:
        yield Finding(Kind.AMOUNT, number, f"Receipts book {_said(booked, movement)} of {what}")


def _by_invoice(booked: Sequence[Booked]) -> dict[Key, ByWbs]:
    totals: dict[Key, ByWbs] = defaultdict(dict)
    for one in booked:
        for key, by_wbs in one.on.items():
            for wbs, amount in by_wbs.items():
                totals[key][wbs] = totals[key].get(wbs, NOTHING) + amount
    return totals


def _on_invoice(booked: Sequence[Booked], key: Key) -> Decimal:
    return sum((one.on_invoice(key) for one in booked), NOTHING)


def _over(booked: Sequence[Booked]) -> Decimal:
    return sum((one.over for one in booked), NOTHING)


def _total(booked: Sequence[Booked]) -> Decimal:
    return sum((one.total for one in booked), NOTHING)


def _said(amount: Decimal, movement: Movement) -> str:
    return f"{text(amount)} {movement.currency}"
