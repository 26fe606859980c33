"""The answer key of `fix_conv1d`: HF keeps (inputs, outputs), as the machine does; heads are cut apart."""

from utils.answers.answer_key import AnswerKey
from utils.answers.week08_weights._course import forms
from utils.checks import week08_weights as checks

ANSWER_KEY = AnswerKey(
    check=checks.fix_conv1d,
    expected=forms,
    reference="HF's layers",
)
