"""The answer key of `Scalar`: torch's autograd in float64, on the same expressions."""

import math

import torch

from utils.answers.answer_key import AnswerKey, Mistake
from utils.checks import week10_learning as checks


def _expected(expression, numbers):
    leaves = [torch.tensor(number, dtype=torch.float64, requires_grad=True) for number in numbers]
    result = checks.EXPRESSIONS[expression](*leaves)
    found = torch.autograd.grad(result, leaves, allow_unused=True)
    return {"value": result.item(), "gradients": [0.0 if each is None else each.item() for each in found]}


class _Number:
    """A scalar in pieces, of which each mistake replaces one."""

    def __init__(self, value):
        self.value, self.edges, self.grad = float(value), [], 0.0

    def made(self, value, *edges):
        result = type(self)(value)
        result.edges = list(edges)
        return result

    def lifted(self, other):
        return other if isinstance(other, _Number) else type(self)(other)

    def __add__(self, other):
        other = self.lifted(other)
        return self.made(self.value + other.value, *self.add_slopes(other))

    def __mul__(self, other):
        other = self.lifted(other)
        return self.made(self.value * other.value, *self.mul_slopes(other))

    def __radd__(self, other):
        return self + other

    def __rmul__(self, other):
        return self * other

    def tanh(self):
        height = math.tanh(self.value)
        return self.made(height, (self, self.tanh_slope(height)))

    def add_slopes(self, other):
        return (self, 1.0), (other, 1.0)

    def mul_slopes(self, other):
        return (self, other.value), (other, self.value)

    def tanh_slope(self, height):
        return 1.0 - height**2

    first = 1.0

    def give(self, other, amount):
        other.grad += amount

    def backward(self):
        waiting: dict[int, int] = {}
        self.count(waiting)
        self.grad = self.first
        ready = [self]
        while ready:
            number = ready.pop()
            for other, slope in number.edges:
                self.give(other, slope * number.grad)
                waiting[id(other)] -= 1
                if not waiting[id(other)]:
                    ready.append(other)

    def count(self, waiting):
        """Add to `waiting` the number of uses of each number below this one."""
        for other, _ in self.edges:
            seen = id(other) in waiting
            waiting[id(other)] = waiting.get(id(other), 0) + 1
            if not seen:
                other.count(waiting)


def _with(**pieces):
    return type("Scalar", (_Number,), pieces)


def _overwritten(self, other, amount):
    other.grad = amount


def _multiplied(self, other, amount):
    other.grad = amount if other.grad == 0 else other.grad * amount


def _each_as_it_comes(self):
    """Propagate each number's accumulated gradient again at every visit, from the result down."""
    self.grad = 1.0 if not self.grad else self.grad
    for other, slope in self.edges:
        other.grad += slope * self.grad
        if other.edges:
            _each_as_it_comes(other)


def _in_order_of_visits(self):
    self.grad, order, seen = 1.0, [], set()

    def visit(number):
        if id(number) not in seen:
            seen.add(id(number))
            order.append(number)
            for other, _ in number.edges:
                visit(other)

    visit(self)
    _hand_on(order)


def _wrong_way(self):
    self.grad, order, seen = 1.0, [], set()

    def visit(number):
        if id(number) not in seen:
            seen.add(id(number))
            for other, _ in number.edges:
                visit(other)
            order.append(number)

    visit(self)
    _hand_on(order)


def _hand_on(order):
    for number in order:
        for other, slope in number.edges:
            other.grad += slope * number.grad


def _last_use_only(self, other):
    return ((other, self.value),) if self is other else _Number.mul_slopes(self, other)


ANSWER_KEY = AnswerKey(
    check=checks.Scalar,
    expected=_expected,
    reference="torch's autograd",
    mistakes=(
        Mistake(
            "gradient overwritten",
            "a number that is used twice keeps only the gradient of one use",
            "two ways from a number to the result: their effects add up",
            _with(give=_overwritten),
        ),
        Mistake(
            "gradients multiplied",
            "the gradients of two uses are multiplied with one another",
            "along one way slopes multiply; two ways add up",
            _with(give=_multiplied),
        ),
        Mistake(
            "handed on too early",
            "a number hands its gradient on before all of its uses have reported, and again later",
            "in which order must the numbers come, so that each is complete when its turn comes?",
            _with(backward=_each_as_it_comes),
        ),
        Mistake(
            "in the order of visits",
            "the numbers come in the order in which they are found, and some are not complete yet",
            "a number's turn comes after all that were made from it: when should it join the list?",
            _with(backward=_in_order_of_visits),
        ),
        Mistake(
            "not handed on",
            "only what the result was made from directly gets a gradient: the order is the wrong way round",
            "whose gradient is known first, and who is next?",
            _with(backward=_wrong_way),
        ),
        Mistake(
            "result begins with 0",
            "the result's own gradient is 0, and so are all others",
            "how does the result change when the result changes by 1?",
            _with(first=0.0),
        ),
        Mistake(
            "slopes of a product swapped",
            "the slope of a · b with respect to a is taken for a",
            "a times 5: how much does it change when a grows by 1?",
            _with(mul_slopes=lambda self, other: ((self, self.value), (other, other.value))),
        ),
        Mistake(
            "slopes of a product are 1",
            "both slopes of a · b are taken for 1",
            "a times 5: how much does it change when a grows by 1?",
            _with(mul_slopes=lambda self, other: ((self, 1.0), (other, 1.0))),
        ),
        Mistake(
            "slope of one factor",
            "only the first factor of a product gets a gradient",
            "a product has two factors",
            _with(mul_slopes=lambda self, other: ((self, other.value), (other, 0.0))),
        ),
        Mistake(
            "square by halves",
            "in a · a only one of the two factors counts",
            "x times x: what is the derivative of a square?",
            _with(mul_slopes=_last_use_only),
        ),
        Mistake(
            "slopes of a sum",
            "the slopes of a + b are taken for b and a, as in a product",
            "a plus 5: how much does it change when a grows by 1?",
            _with(add_slopes=lambda self, other: ((self, other.value), (other, self.value))),
        ),
        Mistake(
            "slope of one summand",
            "only the first summand of a sum gets a gradient",
            "a sum has two summands",
            _with(add_slopes=lambda self, other: ((self, 1.0), (other, 0.0))),
        ),
        Mistake(
            "slope of tanh with x",
            "the slope of tanh is taken for 1 − x²; it is 1 − tanh²",
            "how steep is tanh at x = 3?",
            _with(tanh_slope=lambda self, height: 1.0 - self.value**2),
        ),
        Mistake(
            "tanh not squared",
            "the slope of tanh is taken for 1 − tanh",
            "how steep is tanh far out on the left? 1 − tanh is 2 there",
            _with(tanh_slope=lambda self, height: 1.0 - height),
        ),
        Mistake(
            "slope of tanh is 1",
            "the slope of tanh is taken for 1",
            "how steep is tanh far out?",
            _with(tanh_slope=lambda self, height: 1.0),
        ),
        Mistake(
            "slope of tanh is tanh",
            "the slope of tanh is taken for tanh itself",
            "how steep is tanh at 0, where it is steepest?",
            _with(tanh_slope=lambda self, height: height),
        ),
        Mistake(
            "plain numbers are an error",
            "2 · a and a + 1 end in an error: a plain number is no Scalar yet",
            "Scalar.of makes one of it",
            _with(lifted=lambda self, other: other),
        ),
    ),
)
