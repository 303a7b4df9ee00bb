"""Ways to convolve, one file each, and the choice between them."""

from service.convolution.plans.cache import MAX_PLANS, Cache
from service.convolution.plans.choice import Plan, Raced, Task, plan_for, ways
from service.convolution.plans.workspace import clear_desk

__all__ = ["MAX_PLANS", "Cache", "Plan", "Raced", "Task", "clear_desk", "plan_for", "ways"]
